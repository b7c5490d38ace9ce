/** {@code filigree load}: how the classification server behaves under load, under overload and over a long time. */
package dev.filigree.tests.load;
