/** The figures of {@code filigree load}, their bars, and their tables and picture. */
package dev.filigree.tests.load.report;
