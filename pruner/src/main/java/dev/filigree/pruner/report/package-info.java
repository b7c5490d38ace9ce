/** What a run or a file comes to: the report beside a packed file, as JSON and as a page, and what {@code inspect} tells. */
package dev.filigree.pruner.report;
