__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void scatter_100x64_f32(__global float* restrict out0, __global const long* restrict in0, __global const float* restrict in1, __global volatile int* lg_error, const int lg_code, const int lg_run) {
  const int item = get_global_id(0);
  const int g0 = (item % 64);
  const int g1 = (item / 64);
  const int line = g0;
  for (int q = g1; q < g1 + 1; q++) {
    const float fill1 = 0.0f;
    out0[line + q*64] = fill1;
  }
  for (int r0 = 0; r0 < 300; r0++) {
    const long x2 = in0[r0];
    const int place = lg_check(x2, 100, lg_code + 0, lg_error + 4*lg_run);
    const float x3 = in1[line + r0*64];
    if ((place - g1 >= 0) & (place - g1 < 1)) {
      const float old4 = out0[line + place*64];
      const float new5 = old4 + x3;
      out0[line + place*64] = new5;
    }
  }
}
