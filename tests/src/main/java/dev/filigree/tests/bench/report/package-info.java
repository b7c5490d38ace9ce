/** What a run of {@code filigree bench} found: the JSON document, and the Markdown tables and the picture that are made of it. */
package dev.filigree.tests.bench.report;
