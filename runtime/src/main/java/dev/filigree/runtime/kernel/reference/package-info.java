/** The oracle: the encoder in plain Java, one formula after the other, for clarity and not for speed. */
package dev.filigree.runtime.kernel.reference;
