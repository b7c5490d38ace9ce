/** A server in a process of its own, and what that process holds: memory, threads, open files. */
package dev.filigree.tests.load.process;
