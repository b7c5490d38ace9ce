package dev.filigree.pruner.method;

/**
 * How far ADMM is from agreement, each relative to the size of what it compares (Boyd et al. 2011, section 3.3.1).
 *
 * @param primal {@code ‖W − Z‖ / max(‖W‖, ‖Z‖)}
 * @param dual {@code ‖rho (Z − Z_before)‖ / ‖rho U‖}, or 1 when Z moved although U is zero
 */
public record Residuals(double primal, double dual) {}
