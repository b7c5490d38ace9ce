/** What one core of this machine can do at most, and how near to that each part of the forward pass comes. */
package dev.filigree.tests.bench.roofline;
