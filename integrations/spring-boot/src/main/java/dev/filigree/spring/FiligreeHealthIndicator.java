package dev.filigree.spring;

import dev.filigree.format.Model;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Tells what a model is and what runs it. An open model is up: nothing is computed to find that out. */
final class FiligreeHealthIndicator implements HealthIndicator {
    private final Health health;

    FiligreeHealthIndicator(Model model, String provider) {
        health = Health.up()
                .withDetail("task", model.task().name())
                .withDetail("labels", model.task().labels())
                .withDetail("provider", provider)
                .build();
    }

    @Override
    public Health health() {
        return health;
    }
}
