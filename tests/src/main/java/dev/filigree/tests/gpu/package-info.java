/** Whole models on a GPU: are they right, and how fast are they from text to labels. */
package dev.filigree.tests.gpu;
