__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scan_5x40_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g0 = get_global_id(0);
  const int line = g0;
  float acc = 0.0f;
  #pragma clang loop vectorize(disable)
  for (int r0 = 0; r0 < 40; r0++) {
    const float x1 = in0[r0 + line*40];
    acc = acc + x1;
    out0[r0 + line*40] = acc;
  }
}
