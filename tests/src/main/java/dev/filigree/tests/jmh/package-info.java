/** JMH benchmarks of each kernel and of the whole forward pass: {@code ./filigree jmh}. */
package dev.filigree.tests.jmh;
