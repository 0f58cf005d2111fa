__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scatter_100x64_f32(__global float* restrict out0, __global const long* restrict in0, __global const float* restrict in1, __global volatile int* lg_error, const int lg_code, const int lg_run) {
  const int g1 = get_global_id(1);
  const int line = 0;
  for (int q = g1*13; q < min((int)(g1*13 + 13), (int)100); q++) {
    for (int p1 = 0; p1 < 64; p1 += 16) {
      const float16 fill1 = (float16)(0.0f);
      vstore16(fill1, 0, out0 + p1 + q*64);
    }
  }
  for (int r0 = 0; r0 < 300; r0++) {
    const long x2 = in0[r0];
    const int place = lg_check(x2, 100, lg_code + 0, lg_error + 4*lg_run);
    if ((place - g1*13 >= 0) & (place - g1*13 < 13)) {
      for (int p1 = 0; p1 < 64; p1 += 16) {
        const float16 x3 = vload16(0, in1 + p1 + r0*64);
        const float16 old4 = vload16(0, out0 + p1 + place*64);
        const float16 new5 = old4 + x3;
        vstore16(new5, 0, out0 + p1 + place*64);
      }
    }
  }
}
