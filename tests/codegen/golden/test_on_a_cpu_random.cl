__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void philox_normal_1030_f32(__global float* restrict out0, const ulong s0, const ulong s1) {
  const int row = 0;
  const ulong a1 = s0;
  const ulong a2 = s1;
  const ulong16 v4 = (ulong16)(a1);
  const ulong16 v5 = (ulong16)(a2);
  for (int i0 = 0; i0 < 1024; i0 += 16) {
    const uint16 at3 = convert_uint16((int16)(i0) + (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const uint16 philox_6 = lg_philox_run_uint16(v4, v5, at3);
    const float16 normal_7 = lg_normal_16(philox_6);
    vstore16(normal_7, 0, out0 + i0);
  }
  for (int i0 = 1024; i0 < 1030; i0++) {
    const uint at8 = (uint)(i0);
    const uint philox_9 = lg_philox_uint(a1, a2, at8);
    const float normal_10 = lg_normal_1(philox_9);
    out0[i0] = normal_10;
  }
}
