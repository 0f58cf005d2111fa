__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void philox_6x16_u32(__global uint* restrict out0, const ulong s0, const ulong s1) {
  const ulong a1 = s0;
  const ulong a2 = s1;
  const ulong16 v4 = (ulong16)(a1);
  const ulong16 v5 = (ulong16)(a2);
  for (int row = 0; row < 6; row++) {
    const int i0 = row;
    for (int i1 = 0; i1 < 16; i1 += 16) {
      const uint16 at3 = convert_uint16((int16)(i1 + i0*21 + 1) + (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
      const uint16 philox_6 = lg_philox_uint16(v4, v5, at3);
      vstore16(philox_6, 0, out0 + i1 + i0*16);
    }
  }
}
