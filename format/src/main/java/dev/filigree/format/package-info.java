/**
 * The file, as {@code docs/format.md} specifies it: {@link dev.filigree.format.ModelFile} opens one,
 * {@link dev.filigree.format.ModelWriter} writes one, and {@link dev.filigree.format.Model} is what it holds. A file that is refused is a
 * {@link dev.filigree.format.ModelFormatException} with one of the reasons of {@link dev.filigree.format.Refusal}.
 */
package dev.filigree.format;
