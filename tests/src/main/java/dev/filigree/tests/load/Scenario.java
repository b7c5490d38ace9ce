package dev.filigree.tests.load;

/** What {@code filigree load} can do. */
enum Scenario {
    /** One request at a time. */
    LONE,
    /** The capacity, with batching and without. */
    BATCHING,
    /** 70 % of the capacity. */
    STEADY,
    /** Several loads, a little to more than the capacity. */
    SWEEP,
    /** 300 % of the capacity. */
    OVERLOAD,
    /** Mixed traffic, good and bad. */
    SOAK
}
