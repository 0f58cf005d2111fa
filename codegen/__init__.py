"""From a lazy array graph to OpenCL C, on plain data alone."""
