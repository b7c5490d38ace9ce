/** The engines under measurement: Filigree's own providers, and the peers that run the same weights. */
package dev.filigree.tests.bench.peer;
