// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).

package org.example.app;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import android.content.res.AssetManager;
import java.nio.MappedByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Collections;
import org.example.java.Model;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** Asks the Java API about the models, inside an app that has them among its assets. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class ModelTest {
  private final AssetManager assets = RuntimeEnvironment.getApplication().getAssets();

  @Test
  public void describesTheModels() {
    assertArrayEquals(new Model[] {Model.THREE_CLASSES, Model.UNLABELLED}, Model.values());
    assertEquals("three_classes", Model.THREE_CLASSES.getModelName());
    assertEquals(1, Model.THREE_CLASSES.getInputs().size());
    Model.Tensor input = Model.THREE_CLASSES.getInputs().get(0);
    assertEquals("x", input.getName());
    assertEquals("float32", input.getDtype());
    assertArrayEquals(new int[] {-1, 4}, input.getShape());
    assertEquals(0f, input.getScale(), 0f);
    assertEquals(0, input.getZeroPoint());
    Model.Tensor output = Model.THREE_CLASSES.getOutputs().get(0);
    assertEquals("scores", output.getName());
    assertArrayEquals(new int[] {-1, 3}, output.getShape());
  }

  @Test
  public void mapsTheModels() throws Exception {
    for (Model model : Model.values()) {
      MappedByteBuffer buffer = model.load(assets);
      assertTrue(buffer.isDirect());
      assertEquals(model.getSizeBytes(), buffer.remaining());
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(buffer);
      StringBuilder sha256 = new StringBuilder();
      for (byte value : digest.digest()) {
        sha256.append(String.format("%02x", value));
      }
      assertEquals(model.getSha256(), sha256.toString());
    }
  }

  @Test
  public void readsLabels() throws Exception {
    assertEquals(
        Arrays.asList("Käse", "Brot", "\ud83d\udc08"), Model.THREE_CLASSES.readLabels(assets));
    assertEquals(Collections.emptyList(), Model.UNLABELLED.readLabels(assets));
  }
}
