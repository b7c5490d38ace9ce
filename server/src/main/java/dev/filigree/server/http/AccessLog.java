package dev.filigree.server.http;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a line for each request that was answered, with what is worth searching for as key-value pairs. Thread-safe. */
public final class AccessLog implements HttpObserver {
    private static final Logger LOG = LoggerFactory.getLogger("dev.filigree.server.access");

    @Override
    public void answered(Exchange exchange) {
        LOG.atInfo()
                .addKeyValue("request_id", exchange.id())
                .addKeyValue("protocol", exchange.protocol())
                .addKeyValue("method", exchange.method().name())
                .addKeyValue("route", exchange.template())
                .addKeyValue("status", exchange.answer().status().code())
                .addKeyValue("model", exchange.answer().model().orElse("-"))
                .addKeyValue("request_bytes", exchange.requestBytes())
                .addKeyValue("response_bytes", exchange.responseBytes())
                .addKeyValue("micros", exchange.nanos() / 1000)
                .addKeyValue("traceparent", TraceContext.of(exchange.headers()).orElse("-"))
                .log("answered");
    }
}
