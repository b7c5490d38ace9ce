/** Meters of what the runtime does, in a registry of Micrometer. */
module dev.filigree.micrometer {
    requires transitive dev.filigree.runtime;
    requires transitive micrometer.core;

    exports dev.filigree.micrometer;
}
