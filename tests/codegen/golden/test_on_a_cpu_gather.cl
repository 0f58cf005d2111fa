__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void gather_7x64_f32(__global float* restrict out0, __global const float* restrict in0, __global const long* restrict in1, __global volatile int* lg_error, const int lg_code, const int lg_run) {
  for (int row = 0; row < 7; row++) {
    const int i0 = row;
    const long x1 = in1[i0];
    const int d0 = lg_check(x1, 50, lg_code + 0, lg_error + 4*lg_run);
    for (int i1 = 0; i1 < 64; i1 += 16) {
      const float16 x2 = vload16(0, in0 + i1 + d0*64);
      vstore16(x2, 0, out0 + i1 + i0*64);
    }
  }
}
