/**
 * State of a long run on disk, so that a run killed at any moment goes on where it was. A run is one or more
 * {@linkplain dev.filigree.pruner.checkpoint.Track tracks} of phases; each phase's outcome is kept when it ends, and its progress at
 * intervals while it lasts. Files are whole or absent and carry a checksum, and one that is damaged counts as absent: the run then
 * repeats what it lacks, to the same result.
 */
package dev.filigree.pruner.checkpoint;
