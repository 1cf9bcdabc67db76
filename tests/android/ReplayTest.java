// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).

package org.example.app;

import static org.junit.Assert.assertEquals;

import org.example.java.Model;
import org.example.java.SelfTest;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.annotation.Config;

/** Replays the golden vectors with TensorFlow Lite, and prints how the models did. */
@RunWith(RobolectricTestRunner.class)
@Config(sdk = 34)
public class ReplayTest {
  @Test
  public void replays() throws Exception {
    int count = 0;
    for (SelfTest.Result result :
        new SelfTest(RuntimeEnvironment.getApplication().getAssets()).run()) {
      System.out.println("\n" + result);
      count++;
    }
    assertEquals(Model.values().length, count);
  }
}
