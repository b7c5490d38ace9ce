/** Hours of mixed traffic, good and bad, with every answer checked. */
package dev.filigree.tests.load.soak;
