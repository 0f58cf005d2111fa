__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void tanh_add_mul_64x100_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  const int g1 = get_global_id(1);
  for (int row = g1*20; row < min((int)(g1*20 + 20), (int)64); row++) {
    const int i0 = row;
    const float x5 = in2[i0];
    const float16 v6 = (float16)(x5);
    for (int i1 = 0; i1 < 96; i1 += 16) {
      const float16 x1 = vload16(0, in0 + i1 + i0*100);
      const float16 x2 = vload16(0, in1 + i1);
      const float16 add_3 = x1 + x2;
      const float16 tanh_4 = lg_tanh_16(add_3);
      const float16 mul_7 = tanh_4 * v6;
      vstore16(mul_7, 0, out0 + i1 + i0*100);
    }
    for (int i1 = 96; i1 < 100; i1++) {
      const float x8 = in0[i1 + i0*100];
      const float x9 = in1[i1];
      const float add_10 = x8 + x9;
      const float tanh_11 = lg_tanh_1(add_10);
      const float mul_12 = tanh_11 * x5;
      out0[i1 + i0*100] = mul_12;
    }
  }
}
