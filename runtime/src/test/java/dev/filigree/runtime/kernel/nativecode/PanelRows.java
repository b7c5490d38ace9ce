package dev.filigree.runtime.kernel.nativecode;

import dev.filigree.runtime.kernel.panel.Panels;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Rows, {@code [tokens][features]}, to panels and back. */
final class PanelRows {
    private PanelRows() {}

    static Activations panels(Arena arena, float[] rows, int features, int tokens) {
        Activations panels = Activations.allocate(arena, Panels.count(tokens), features);
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < features; i++) {
                panels.values().setAtIndex(
                        ValueLayout.JAVA_FLOAT, Panels.offset(t, features) + (long) i * Panels.WIDTH, rows[t * features + i]);
            }
        }
        return panels;
    }

    static float[] rows(Activations panels, int tokens) {
        int features = panels.features();
        float[] rows = new float[tokens * features];
        for (int t = 0; t < tokens; t++) {
            for (int i = 0; i < features; i++) {
                rows[t * features + i] =
                        panels.values().getAtIndex(ValueLayout.JAVA_FLOAT, Panels.offset(t, features) + (long) i * Panels.WIDTH);
            }
        }
        return rows;
    }
}
