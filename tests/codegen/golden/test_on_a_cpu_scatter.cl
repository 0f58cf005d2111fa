__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scatter_10x64_f32(__global float* restrict out0, __global const long* restrict in0, __global const float* restrict in1, __global volatile int* lg_error, const int lg_code, const int lg_run) {
  const int g0 = get_global_id(0);
  for (int q = 0; q < 10; q++) {
    const float fill = 0.0f;
    out0[g0 + q*64] = fill;
  }
  for (int r0 = 0; r0 < 30; r0++) {
    const long x1 = in0[r0];
    const int place = lg_check(x1, 10, lg_code + 0, lg_error + 4*lg_run);
    const float x2 = in1[g0 + r0*64];
    const float old = out0[g0 + place*64];
    const float new = old + x2;
    out0[g0 + place*64] = new;
  }
}
