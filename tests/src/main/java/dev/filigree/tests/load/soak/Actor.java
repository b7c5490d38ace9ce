package dev.filigree.tests.load.soak;

import dev.filigree.runtime.TextInput;
import dev.filigree.tests.load.client.Requests;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** One user of the server, good and bad by turns. For one thread. */
final class Actor implements AutoCloseable {
    private static final int OK = 200;
    private static final int REFUSED = 429;
    private static final int TOO_LATE = 504;
    private static final int FIRST_ERROR = 400;
    private static final int FIRST_FAULT = 500;
    private static final int MOST_TEXTS = 16;
    private static final int MOST_PIPELINED = 8;
    private static final int LONGEST_DEADLINE_MILLIS = 30;

    private final InetSocketAddress server;
    private final List<TextInput> texts;
    private final List<Mischief> mischief;
    private final Ledger ledger;
    private final Duration patience;
    private final SplittableRandom random;
    private Optional<Wire> open = Optional.empty();

    /** What an actor does next, and how often beside the others. */
    enum Deed {
        ONE_TEXT(40, "one text"),
        MANY_TEXTS(14, "many texts"),
        PIPELINE(10, "pipelined"),
        DEADLINE(8, "with a deadline"),
        MISCHIEF(12, "malformed"),
        LEAVE_AT_ONCE(3, "left after connecting"),
        LEAVE_IN_HEAD(3, "left in the head"),
        LEAVE_IN_BODY(4, "left in the body"),
        LEAVE_WAITING(6, "left while waiting");

        private final int weight;
        private final String label;

        Deed(int weight, String label) {
            this.weight = weight;
            this.label = label;
        }

        static Deed draw(SplittableRandom random) {
            int at = random.nextInt(Arrays.stream(values()).mapToInt(deed -> deed.weight).sum());
            for (Deed deed : values()) {
                at -= deed.weight;
                if (at < 0) {
                    return deed;
                }
            }
            throw new IllegalStateException("Weights add up to their sum.");
        }
    }

    Actor(InetSocketAddress server, List<TextInput> texts, Ledger ledger, Duration patience, long seed) {
        this.server = server;
        this.texts = texts;
        this.mischief = Mischief.all(server);
        this.ledger = ledger;
        this.patience = patience;
        this.random = new SplittableRandom(seed);
    }

    /** Does one thing, and notes what came of it. */
    void act() {
        Deed deed = Deed.draw(random);
        boolean whole = false;
        try {
            perform(deed);
            whole = true;
        } catch (SocketTimeoutException e) {
            ledger.violation(deed.label, "a connection stalled for " + patience.toSeconds() + " s");
        } catch (IOException e) {
            ledger.violation(deed.label, "a connection broke: " + e.getMessage());
        } finally {
            if (!whole) {
                close();
            }
        }
    }

    /** How long it thinks before it acts again, in nanoseconds: like arrivals, that is distributed exponentially. */
    long pause(Duration mean) {
        return (long) (-Math.log1p(-random.nextDouble()) * mean.toNanos());
    }

    private void perform(Deed deed) throws IOException {
        switch (deed) {
            case ONE_TEXT -> ask(deed, draw(1), Set.of(OK, REFUSED));
            case MANY_TEXTS -> ask(deed, draw(1 + random.nextInt(MOST_TEXTS)), Set.of(OK, REFUSED));
            case PIPELINE -> pipeline(deed);
            case DEADLINE -> ask(deed, draw(1 + random.nextInt(MOST_TEXTS)), Set.of(OK, REFUSED, TOO_LATE),
                    "X-Request-Timeout-Ms: " + (1 + random.nextInt(LONGEST_DEADLINE_MILLIS)));
            case MISCHIEF -> misbehave(mischief.get(random.nextInt(mischief.size())));
            case LEAVE_AT_ONCE, LEAVE_IN_HEAD, LEAVE_IN_BODY, LEAVE_WAITING -> leave(deed);
        }
    }

    private List<TextInput> draw(int count) {
        return random.ints(count, 0, texts.size()).mapToObj(texts::get).toList();
    }

    private Wire wire() throws IOException {
        if (open.isEmpty()) {
            open = Optional.of(new Wire(server, patience));
        }
        return open.get();
    }

    private void ask(Deed deed, List<TextInput> asked, Set<Integer> expected, String... headers) throws IOException {
        wire().send(Requests.post(server, Requests.body(asked), headers));
        receive(deed, asked, expected);
    }

    private void receive(Deed deed, List<TextInput> asked, Set<Integer> expected) throws IOException {
        Wire.Reply reply = wire().read();
        ledger.note(deed.label, Integer.toString(reply.status()));
        if (!expected.contains(reply.status())) {
            ledger.violation(deed.label, "answered with " + reply.status() + ": " + new String(reply.body(), StandardCharsets.UTF_8));
        } else if (reply.status() == OK) {
            ledger.compare(deed.label, asked, reply.body());
        }
        if (reply.closes()) {
            close();
        }
    }

    private void pipeline(Deed deed) throws IOException {
        List<List<TextInput>> asked = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 2 + random.nextInt(MOST_PIPELINED - 1); i > 0; i--) {
            asked.add(draw(1));
            bytes.writeBytes(Requests.post(server, Requests.body(asked.getLast())));
        }
        wire().send(bytes.toByteArray());
        for (List<TextInput> one : asked) {
            receive(deed, one, Set.of(OK, REFUSED));
            if (open.isEmpty() && one != asked.getLast()) {
                throw new EOFException("the server closed before all was answered");
            }
        }
    }

    /** On a connection of its own: the server may well close it, even before all was sent. */
    private void misbehave(Mischief wrong) throws IOException {
        String deed = Deed.MISCHIEF.label + ", " + wrong.name();
        try (Wire own = new Wire(server, patience)) {
            own.send(wrong.bytes());
            Wire.Reply reply = own.read();
            ledger.note(deed, Integer.toString(reply.status()));
            if (reply.status() < FIRST_ERROR || reply.status() >= FIRST_FAULT) {
                ledger.violation(deed, "answered with " + reply.status() + ": " + new String(reply.body(), StandardCharsets.UTF_8));
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (EOFException | SocketException e) {
            ledger.note(deed, "closed");
        }
    }

    /** Sends a request, or as much of it as the deed says, and is gone, with a farewell or without. */
    private void leave(Deed deed) throws IOException {
        byte[] body = Requests.body(draw(1 + random.nextInt(MOST_TEXTS)));
        byte[] request = Requests.post(server, body);
        int head = request.length - body.length;
        int sent = switch (deed) {
            case LEAVE_AT_ONCE -> 0;
            case LEAVE_IN_HEAD -> random.nextInt(1, head);
            case LEAVE_IN_BODY -> random.nextInt(head, request.length);
            default -> request.length;
        };
        try (Wire own = new Wire(server, patience)) {
            own.send(Arrays.copyOf(request, sent));
            if (random.nextBoolean()) {
                own.reset();
            }
        }
        ledger.note(deed.label, "left");
    }

    /** Closes its connection, if it has one. */
    @Override
    public void close() {
        open.ifPresent(wire -> {
            try {
                wire.close();
            } catch (IOException e) {
                ledger.note("closing", "failed");
            }
        });
        open = Optional.empty();
    }
}
