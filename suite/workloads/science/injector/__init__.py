"""Engine injection map: from design and operating parameters to the flow in the injector's exit plane."""
