"""To other libraries and back, a chapter for each: `sklearn`, `torch`, `onnx`."""
