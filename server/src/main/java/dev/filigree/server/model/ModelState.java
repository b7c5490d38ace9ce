package dev.filigree.server.model;

/** Where a model stands. */
public enum ModelState {
    /** Its file is being loaded for the first time; requests for it are refused. */
    LOADING,
    /** It answers. */
    SERVING,
    /** It answers, and its file is being loaded again. */
    RELOADING,
    /** Its file could not be loaded, and there is no earlier version; requests for it are refused. */
    FAILED
}
