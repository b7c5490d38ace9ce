/** What the CPU providers share: the layout of activations in panels of 16 tokens, and the threads of one call. */
package dev.filigree.runtime.kernel.panel;
