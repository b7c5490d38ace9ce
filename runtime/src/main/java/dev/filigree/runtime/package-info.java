/**
 * Classifies and embeds texts with packed files. {@link dev.filigree.runtime.Classifier} and {@link dev.filigree.runtime.Encoder} are all
 * that most applications need; both are opened from a file, may be shared by threads, and are to be closed.
 */
package dev.filigree.runtime;
