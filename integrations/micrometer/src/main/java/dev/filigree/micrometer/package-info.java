/** What the runtime does, as meters of Micrometer. */
package dev.filigree.micrometer;
