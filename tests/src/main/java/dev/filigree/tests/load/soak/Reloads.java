package dev.filigree.tests.load.soak;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Has a model reloaded while others use it, where the server can. For one thread. */
final class Reloads {
    private static final String DEED = "reload";
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int WRONG_METHOD = 405;
    private static final int RUNNING = 409;

    private final InetSocketAddress server;
    private final Ledger ledger;
    private final Duration patience;
    private boolean possible = true;

    Reloads(InetSocketAddress server, Ledger ledger, Duration patience) {
        this.server = server;
        this.ledger = ledger;
        this.patience = patience;
    }

    /** Asks for one; not again once the server has said that it knows of no such thing. */
    void reload() {
        if (!possible) {
            return;
        }
        try (Wire wire = new Wire(server, patience)) {
            wire.send(head("GET", "/v1/models", ""));
            Wire.Reply models = wire.read();
            if (models.status() == OK && !models.closes()) {
                String name = new ObjectMapper().readTree(models.body()).path("models").path(0).path("name").asText();
                wire.send(head("POST", "/v1/models/" + name + "/reload", "Content-Length: 0\r\n"));
                judge(wire.read());
            } else {
                missing();
            }
        } catch (SocketTimeoutException e) {
            ledger.violation(DEED, "a connection stalled for " + patience.toSeconds() + " s");
        } catch (IOException e) {
            ledger.violation(DEED, "a connection broke: " + e.getMessage());
        }
    }

    private void judge(Wire.Reply reply) {
        switch (reply.status()) {
            case OK, RUNNING -> ledger.note(DEED, Integer.toString(reply.status()));
            case NOT_FOUND, WRONG_METHOD -> missing();
            default -> ledger.violation(DEED, "answered with " + reply.status() + ": " + new String(reply.body(), StandardCharsets.UTF_8));
        }
    }

    private void missing() {
        possible = false;
        ledger.note(DEED, "not known to this server");
    }

    private byte[] head(String method, String path, String headers) {
        return (method + " " + path + " HTTP/1.1\r\nHost: " + server.getHostString() + ":" + server.getPort() + "\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
