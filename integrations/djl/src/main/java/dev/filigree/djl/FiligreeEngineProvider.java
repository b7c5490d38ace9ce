package dev.filigree.djl;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineProvider;

/** Makes the engine known to DJL, which finds this class as a service. */
public final class FiligreeEngineProvider implements EngineProvider {
    @Override
    public String getEngineName() {
        return FiligreeEngine.NAME;
    }

    @Override
    public int getEngineRank() {
        return FiligreeEngine.RANK;
    }

    @Override
    public Engine getEngine() {
        return Holder.ENGINE;
    }

    /** Engines are singletons: managers and models compare them by identity. */
    private static final class Holder {
        static final Engine ENGINE = new FiligreeEngine();
    }
}
