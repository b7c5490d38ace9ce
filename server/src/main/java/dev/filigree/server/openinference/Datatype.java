package dev.filigree.server.openinference;

/** Datatypes of the protocol that text classification needs; the protocol has more. */
public enum Datatype {
    /** True or false. */
    BOOL,
    /** A string of bytes; here always UTF-8. */
    BYTES,
    /** A float. */
    FP32
}
