__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_add_lt_where_64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  __local float scratch[240] __attribute__((aligned(64)));
  const int g0 = get_global_id(0);
  const int g1 = get_global_id(1);
  const int j = g0*16;
  for (int t = g1*3; t < min((int)(g1*3 + 3), (int)13); t++) {
    const int i0 = min((int)(t*5), (int)59);
    float4 c0_0 = (float4)(0.0f);
    float4 c0_1 = (float4)(0.0f);
    float4 c0_2 = (float4)(0.0f);
    float4 c0_3 = (float4)(0.0f);
    float4 c1_0 = (float4)(0.0f);
    float4 c1_1 = (float4)(0.0f);
    float4 c1_2 = (float4)(0.0f);
    float4 c1_3 = (float4)(0.0f);
    float4 c2_0 = (float4)(0.0f);
    float4 c2_1 = (float4)(0.0f);
    float4 c2_2 = (float4)(0.0f);
    float4 c2_3 = (float4)(0.0f);
    float4 c3_0 = (float4)(0.0f);
    float4 c3_1 = (float4)(0.0f);
    float4 c3_2 = (float4)(0.0f);
    float4 c3_3 = (float4)(0.0f);
    float4 c4_0 = (float4)(0.0f);
    float4 c4_1 = (float4)(0.0f);
    float4 c4_2 = (float4)(0.0f);
    float4 c4_3 = (float4)(0.0f);
    __global const float* row_0 = in0 + i0*784;
    __global const float* row_1 = in0 + i0*784 + 784;
    __global const float* row_2 = in0 + i0*784 + 1568;
    __global const float* row_3 = in0 + i0*784 + 2352;
    __global const float* row_4 = in0 + i0*784 + 3136;
    __global const float* columns = in1 + j;
    for (int kk = 0; kk < 400; kk++) {
      const float4 b_0 = vload4(0, columns + kk*512);
      const float4 b_1 = vload4(0, columns + kk*512 + 4);
      const float4 b_2 = vload4(0, columns + kk*512 + 8);
      const float4 b_3 = vload4(0, columns + kk*512 + 12);
      const float4 a_0 = (float4)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float4 a_1 = (float4)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float4 a_2 = (float4)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float4 a_3 = (float4)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float4 a_4 = (float4)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
    }
    vstore4(c0_0, 0, scratch + t*80 - g1*240);
    vstore4(c0_1, 0, scratch + t*80 - g1*240 + 4);
    vstore4(c0_2, 0, scratch + t*80 - g1*240 + 8);
    vstore4(c0_3, 0, scratch + t*80 - g1*240 + 12);
    vstore4(c1_0, 0, scratch + t*80 - g1*240 + 16);
    vstore4(c1_1, 0, scratch + t*80 - g1*240 + 20);
    vstore4(c1_2, 0, scratch + t*80 - g1*240 + 24);
    vstore4(c1_3, 0, scratch + t*80 - g1*240 + 28);
    vstore4(c2_0, 0, scratch + t*80 - g1*240 + 32);
    vstore4(c2_1, 0, scratch + t*80 - g1*240 + 36);
    vstore4(c2_2, 0, scratch + t*80 - g1*240 + 40);
    vstore4(c2_3, 0, scratch + t*80 - g1*240 + 44);
    vstore4(c3_0, 0, scratch + t*80 - g1*240 + 48);
    vstore4(c3_1, 0, scratch + t*80 - g1*240 + 52);
    vstore4(c3_2, 0, scratch + t*80 - g1*240 + 56);
    vstore4(c3_3, 0, scratch + t*80 - g1*240 + 60);
    vstore4(c4_0, 0, scratch + t*80 - g1*240 + 64);
    vstore4(c4_1, 0, scratch + t*80 - g1*240 + 68);
    vstore4(c4_2, 0, scratch + t*80 - g1*240 + 72);
    vstore4(c4_3, 0, scratch + t*80 - g1*240 + 76);
  }
  const float4 x2 = vload4(0, in2 + j);
  const float c4 = 0.0f;
  const float4 v5 = (float4)(c4);
  const float4 x9 = vload4(0, in2 + j + 4);
  const float4 x14 = vload4(0, in2 + j + 8);
  const float4 x19 = vload4(0, in2 + j + 12);
  for (int t = g1*3; t < min((int)(g1*3 + 3), (int)13); t++) {
    const int i0 = min((int)(t*5), (int)59);
    float4 c0_0 = vload4(0, scratch + t*80 - g1*240);
    float4 c0_1 = vload4(0, scratch + t*80 - g1*240 + 4);
    float4 c0_2 = vload4(0, scratch + t*80 - g1*240 + 8);
    float4 c0_3 = vload4(0, scratch + t*80 - g1*240 + 12);
    float4 c1_0 = vload4(0, scratch + t*80 - g1*240 + 16);
    float4 c1_1 = vload4(0, scratch + t*80 - g1*240 + 20);
    float4 c1_2 = vload4(0, scratch + t*80 - g1*240 + 24);
    float4 c1_3 = vload4(0, scratch + t*80 - g1*240 + 28);
    float4 c2_0 = vload4(0, scratch + t*80 - g1*240 + 32);
    float4 c2_1 = vload4(0, scratch + t*80 - g1*240 + 36);
    float4 c2_2 = vload4(0, scratch + t*80 - g1*240 + 40);
    float4 c2_3 = vload4(0, scratch + t*80 - g1*240 + 44);
    float4 c3_0 = vload4(0, scratch + t*80 - g1*240 + 48);
    float4 c3_1 = vload4(0, scratch + t*80 - g1*240 + 52);
    float4 c3_2 = vload4(0, scratch + t*80 - g1*240 + 56);
    float4 c3_3 = vload4(0, scratch + t*80 - g1*240 + 60);
    float4 c4_0 = vload4(0, scratch + t*80 - g1*240 + 64);
    float4 c4_1 = vload4(0, scratch + t*80 - g1*240 + 68);
    float4 c4_2 = vload4(0, scratch + t*80 - g1*240 + 72);
    float4 c4_3 = vload4(0, scratch + t*80 - g1*240 + 76);
    __global const float* row_0 = in0 + i0*784;
    __global const float* row_1 = in0 + i0*784 + 784;
    __global const float* row_2 = in0 + i0*784 + 1568;
    __global const float* row_3 = in0 + i0*784 + 2352;
    __global const float* row_4 = in0 + i0*784 + 3136;
    __global const float* columns = in1 + j;
    for (int kk = 0; kk < 384; kk++) {
      const float4 b_0 = vload4(0, columns + kk*512 + 204800);
      const float4 b_1 = vload4(0, columns + kk*512 + 204804);
      const float4 b_2 = vload4(0, columns + kk*512 + 204808);
      const float4 b_3 = vload4(0, columns + kk*512 + 204812);
      const float4 a_0 = (float4)(row_0[kk + 400]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float4 a_1 = (float4)(row_1[kk + 400]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float4 a_2 = (float4)(row_2[kk + 400]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float4 a_3 = (float4)(row_3[kk + 400]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float4 a_4 = (float4)(row_4[kk + 400]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
    }
    vstore4(c0_0, 0, scratch + t*80 - g1*240);
    vstore4(c0_1, 0, scratch + t*80 - g1*240 + 4);
    vstore4(c0_2, 0, scratch + t*80 - g1*240 + 8);
    vstore4(c0_3, 0, scratch + t*80 - g1*240 + 12);
    vstore4(c1_0, 0, scratch + t*80 - g1*240 + 16);
    vstore4(c1_1, 0, scratch + t*80 - g1*240 + 20);
    vstore4(c1_2, 0, scratch + t*80 - g1*240 + 24);
    vstore4(c1_3, 0, scratch + t*80 - g1*240 + 28);
    vstore4(c2_0, 0, scratch + t*80 - g1*240 + 32);
    vstore4(c2_1, 0, scratch + t*80 - g1*240 + 36);
    vstore4(c2_2, 0, scratch + t*80 - g1*240 + 40);
    vstore4(c2_3, 0, scratch + t*80 - g1*240 + 44);
    vstore4(c3_0, 0, scratch + t*80 - g1*240 + 48);
    vstore4(c3_1, 0, scratch + t*80 - g1*240 + 52);
    vstore4(c3_2, 0, scratch + t*80 - g1*240 + 56);
    vstore4(c3_3, 0, scratch + t*80 - g1*240 + 60);
    vstore4(c4_0, 0, scratch + t*80 - g1*240 + 64);
    vstore4(c4_1, 0, scratch + t*80 - g1*240 + 68);
    vstore4(c4_2, 0, scratch + t*80 - g1*240 + 72);
    vstore4(c4_3, 0, scratch + t*80 - g1*240 + 76);
    for (int r = 0; r < 5; r++) {
      const int i = i0 + r;
      {
        const float4 c1 = vload4(0, scratch + t*80 - g1*240 + r*16);
        const float4 add_3 = c1 + x2;
        const int4 lt_6 = add_3 < v5;
        const float4 where_7 = (lt_6 ? v5 : add_3);
        vstore4(where_7, 0, out0 + j + i*512);
      }
      {
        const float4 c8 = vload4(0, scratch + t*80 - g1*240 + r*16 + 4);
        const float4 add_10 = c8 + x9;
        const int4 lt_11 = add_10 < v5;
        const float4 where_12 = (lt_11 ? v5 : add_10);
        vstore4(where_12, 0, out0 + j + i*512 + 4);
      }
      {
        const float4 c13 = vload4(0, scratch + t*80 - g1*240 + r*16 + 8);
        const float4 add_15 = c13 + x14;
        const int4 lt_16 = add_15 < v5;
        const float4 where_17 = (lt_16 ? v5 : add_15);
        vstore4(where_17, 0, out0 + j + i*512 + 8);
      }
      {
        const float4 c18 = vload4(0, scratch + t*80 - g1*240 + r*16 + 12);
        const float4 add_20 = c18 + x19;
        const int4 lt_21 = add_20 < v5;
        const float4 where_22 = (lt_21 ? v5 : add_20);
        vstore4(where_22, 0, out0 + j + i*512 + 12);
      }
    }
  }
}
