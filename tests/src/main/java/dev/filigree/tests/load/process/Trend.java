package dev.filigree.tests.load.process;

import java.util.List;

/**
 * How a gauge went during a run.
 *
 * @param gauge which
 * @param samples how many readings
 * @param firstThird mean of the first third of the readings
 * @param lastThird mean of the last third
 * @param max the highest
 * @param perMinute slope of the least-squares line through all readings, per minute
 * @param minutes from the first reading to the last
 */
public record Trend(Gauge gauge, int samples, double firstThird, double lastThird, double max, double perMinute, double minutes) {
    /** How much of the first third's mean a gauge may gain and still be called flat. */
    public static final double FLAT = 0.1;

    /**
     * A reading.
     *
     * @param minutes since the run began
     * @param value in the gauge's unit
     */
    public record Reading(double minutes, double value) {}

    /** The trend of at least three readings. */
    static Trend of(Gauge gauge, List<Reading> readings) {
        int third = readings.size() / 3;
        if (third == 0) {
            throw new IllegalArgumentException("A trend needs at least three readings.");
        }
        return new Trend(gauge, readings.size(), mean(readings.subList(0, third)),
                mean(readings.subList(readings.size() - third, readings.size())),
                readings.stream().mapToDouble(Reading::value).max().orElseThrow(), slope(readings),
                readings.getLast().minutes() - readings.getFirst().minutes());
    }

    private static double mean(List<Reading> readings) {
        return readings.stream().mapToDouble(Reading::value).average().orElseThrow();
    }

    private static double slope(List<Reading> readings) {
        double meanTime = readings.stream().mapToDouble(Reading::minutes).average().orElseThrow();
        double meanValue = mean(readings);
        double product = 0;
        double square = 0;
        for (Reading reading : readings) {
            double time = reading.minutes() - meanTime;
            product += time * (reading.value() - meanValue);
            square += time * time;
        }
        return square == 0 ? 0 : product / square;
    }

    /** The last third over the first. */
    public double ratio() {
        return lastThird / firstThird;
    }

    /** How much the line rises over the whole run, as a share of the first third. */
    public double rise() {
        return perMinute * minutes / firstThird;
    }

    /** Whether the last third is above the first by more than {@link #FLAT} and the gauge's slack. */
    public boolean isGrown() {
        return lastThird > firstThird * (1 + FLAT) + gauge.slack();
    }
}
