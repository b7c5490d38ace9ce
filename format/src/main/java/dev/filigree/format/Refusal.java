package dev.filigree.format;

/** Every reason for which a file is refused. */
public enum Refusal {
    /** The file cannot be opened or read. */
    UNREADABLE,
}
