package dev.filigree.tests.bench;

import dev.filigree.format.EncoderLayer;
import dev.filigree.format.Linear;
import dev.filigree.format.Model;
import dev.filigree.format.ModelFile;
import dev.filigree.runtime.kernel.ProviderRefusedException;
import dev.filigree.runtime.kernel.TokenBatch;
import dev.filigree.tests.bench.peer.Agreement;
import dev.filigree.tests.bench.peer.FiligreePeer;
import dev.filigree.tests.bench.peer.Peer;
import dev.filigree.tests.bench.peer.PeerAbsentException;
import dev.filigree.tests.bench.peer.PeerKind;
import dev.filigree.tests.bench.peer.Variant;
import dev.filigree.tests.bench.report.BenchReport.EngineFacts;
import dev.filigree.tests.bench.report.BenchReport.LeftOut;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The engines of one number of threads, open side by side: each file's variants with each provider, then the peers, which run the first
 * file's weights. Each gave the answers that are expected of it when it was opened.
 */
final class Engines implements AutoCloseable {
    private final List<EngineFacts> facts = new ArrayList<>();
    private final List<LeftOut> leftOut = new ArrayList<>();
    private final List<FiligreePeer> ours = new ArrayList<>();
    private final List<Peer> all = new ArrayList<>();
    private final int threads;

    private Engines(int threads) {
        this.threads = threads;
    }

    /**
     * Weights to measure.
     *
     * @param name in tables
     * @param file open
     */
    record Weights(String name, ModelFile file) {}

    /**
     * Opens them.
     *
     * @throws IllegalStateException when one computes something else than it should
     * @throws ProviderRefusedException when the first of them cannot run here
     */
    static Engines open(List<Weights> files, List<Variant> variants, List<String> providers, List<PeerKind> peers, int threads) {
        Engines engines = new Engines(threads);
        try {
            for (Weights weights : files) {
                engines.addOurs(weights, variants, providers);
            }
            Model model = files.getFirst().file().model();
            List<TokenBatch> check = Inputs.check(model);
            for (PeerKind kind : peers) {
                engines.addPeer(kind, model, check);
            }
            return engines;
        } catch (RuntimeException | Error e) {
            engines.close();
            throw e;
        }
    }

    private void addOurs(Weights weights, List<Variant> variants, List<String> providers) {
        Model packed = weights.file().model();
        List<TokenBatch> check = Inputs.check(packed);
        int first = ours.size();
        Map<Variant, Model> models = distinct(packed, variants);
        variants.stream().filter(variant -> !models.containsKey(variant)).forEach(variant -> leftOut.add(
                new LeftOut(FiligreePeer.weightsName(weights.name(), variant), "another engine has these weights stored so already.")));
        models.forEach((variant, model) -> {
            String name = FiligreePeer.weightsName(weights.name(), variant);
            for (String provider : providers) {
                try {
                    add(FiligreePeer.open(name, model, provider, threads), first, check);
                } catch (ProviderRefusedException e) {
                    if (ours.isEmpty()) {
                        throw e;
                    }
                    leftOut.add(new LeftOut(name + "/" + provider, e.getMessage()));
                }
            }
        });
    }

    /** Of ways to store a model's weights, those that come to something else than the ones before them. */
    static Map<Variant, Model> distinct(Model model, List<Variant> variants) {
        Map<Variant, Model> models = new LinkedHashMap<>();
        Set<String> stored = new HashSet<>();
        for (Variant variant : variants) {
            Model stands = variant.of(model);
            if (stored.add(storedAs(stands))) {
                models.put(variant, stands);
            }
        }
        return models;
    }

    private void add(FiligreePeer engine, int first, List<TokenBatch> check) {
        if (all.stream().anyMatch(other -> other.name().equals(engine.name()))) {
            // Two names of one provider, such as auto and native.
            engine.close();
            return;
        }
        all.add(engine);
        ours.add(engine);
        FiligreePeer base = ours.get(first);
        // Each may be off by its own tolerance.
        Agreement agreement = engine == base
                ? null
                : requireHolding(engine, Agreement.ofLogits(
                        engine, base, check, base.classifier().tolerance() + engine.classifier().tolerance()));
        facts.add(new EngineFacts(engine.name(), true, storedAs(engine.classifier().model()), agreement));
    }

    private void addPeer(PeerKind kind, Model model, List<TokenBatch> check) {
        try {
            Peer peer = kind.open(model, threads);
            try {
                Agreement agreement = requireHolding(peer, kind.compare(peer, ours.getFirst(), check));
                facts.add(new EngineFacts(peer.name(), false, kind.description(), agreement));
                all.add(peer);
            } finally {
                if (!all.contains(peer)) {
                    peer.close();
                }
            }
        } catch (PeerAbsentException e) {
            leftOut.add(new LeftOut(kind.label(), e.getMessage()));
        }
    }

    private static Agreement requireHolding(Peer engine, Agreement agreement) {
        if (!agreement.holds()) {
            throw new IllegalStateException(engine.name() + " computes something else than " + agreement.with() + ": it is off by "
                    + (float) agreement.gap() + " where " + agreement.tolerance() + " is allowed, so that their times cannot be compared.");
        }
        return agreement;
    }

    /** Sparsity and type of the layers' linears, {@code 2:4@16 INT8}; several where they differ. */
    static String storedAs(Model model) {
        Set<String> kinds = new LinkedHashSet<>();
        for (EncoderLayer layer : model.layers()) {
            for (Linear linear : layer.linears()) {
                kinds.add(linear.weight().sparsity() + " " + linear.weight().dtype());
            }
        }
        return String.join(" + ", kinds);
    }

    /** Threads of each engine. */
    int threads() {
        return threads;
    }

    /** All of them, the one that others are compared with first. */
    List<Peer> all() {
        return all;
    }

    /** Filigree's. */
    List<FiligreePeer> ours() {
        return ours;
    }

    /** What they are, in the same order. */
    List<EngineFacts> facts() {
        return facts;
    }

    /** What was asked for and is not there. */
    List<LeftOut> leftOut() {
        return leftOut;
    }

    @Override
    public void close() {
        all.forEach(Peer::close);
    }
}
