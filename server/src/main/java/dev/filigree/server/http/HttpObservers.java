package dev.filigree.server.http;

import java.util.List;

/** Several observers as one. */
public record HttpObservers(List<HttpObserver> all) implements HttpObserver {
    @Override
    public void opened() {
        all.forEach(HttpObserver::opened);
    }

    @Override
    public void closed() {
        all.forEach(HttpObserver::closed);
    }

    @Override
    public void turnedAway() {
        all.forEach(HttpObserver::turnedAway);
    }

    @Override
    public void answered(Exchange exchange) {
        all.forEach(observer -> observer.answered(exchange));
    }

    @Override
    public void departed() {
        all.forEach(HttpObserver::departed);
    }
}
