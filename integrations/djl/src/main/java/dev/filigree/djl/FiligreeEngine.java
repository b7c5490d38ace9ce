package dev.filigree.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.filigree.runtime.FiligreeVersion;
import java.util.Optional;

/**
 * Runs packed models. It has no arrays of its own and asks for no other engine's: texts go in, and answers come out, as objects that
 * DJL's pass-through arrays carry.
 */
final class FiligreeEngine extends Engine {
    static final String NAME = "Filigree";
    /** Behind every engine of DJL, the last of which (RPC, 15) is always there, so that this one is never a default. */
    static final int RANK = 20;

    @Override
    public Engine getAlternativeEngine() {
        return null;
    }

    @Override
    public String getEngineName() {
        return NAME;
    }

    @Override
    public int getRank() {
        return RANK;
    }

    @Override
    public String getVersion() {
        return FiligreeVersion.current();
    }

    /** GPUs are asked for by a device or an option and are then the runtime's to find: DJL need not look for CUDA's libraries. */
    @Override
    public boolean hasCapability(String capability) {
        return false;
    }

    @Override
    public Model newModel(String name, Device device) {
        return new FiligreeModel(name, newBaseManager(device), Optional.ofNullable(device));
    }

    @Override
    public NDManager newBaseManager() {
        return newBaseManager(null);
    }

    @Override
    public NDManager newBaseManager(Device device) {
        return new PassthroughNDManager(this, device);
    }

    @Override
    public String toString() {
        return NAME + ":" + getVersion();
    }
}
