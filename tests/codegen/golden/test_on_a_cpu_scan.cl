__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scan_5x40_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g0 = get_global_id(0);
  const int line = g0;
  double acc = 0.0;
  #pragma clang loop vectorize(disable)
  for (int r0 = 0; r0 < 40; r0++) {
    const float x1 = in0[r0 + line*40];
    const double cast_2 = convert_double(x1);
    acc = acc + cast_2;
    const float kept = convert_float(acc);
    out0[r0 + line*40] = kept;
  }
}
