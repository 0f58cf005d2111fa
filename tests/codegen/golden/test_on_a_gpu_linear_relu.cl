__kernel __attribute__((reqd_work_group_size(128, 1, 1)))
void contract_2x64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local float a_tile[1152] __attribute__((aligned(64)));
  __local float b_tile[2048] __attribute__((aligned(64)));
  const int group = get_group_id(0);
  const int item = get_local_id(0);
  const int z = (group / 16);
  const int x = (item % 16);
  const int y = (item / 16);
  const int row0 = (((group / 8)) % 2)*32;
  const int column0 = (group % 8)*64;
  const int a_at0 = min((int)(row0 + (item / 4)), (int)63);
  const int a_from0 = z*392 + a_at0*784;
  const int b_at0 = min((int)(column0 + (item % 16)*4), (int)508);
  const int b_from0 = b_at0 + z*200704;
  const int b_at1 = min((int)(column0 + (item % 16)*4), (int)508);
  const int b_from1 = b_at1 + z*200704;
  float4 c0_0 = (float4)(0.0f);
  float4 c1_0 = (float4)(0.0f);
  float4 c2_0 = (float4)(0.0f);
  float4 c3_0 = (float4)(0.0f);
  const float4 a1 = *(__global const float4*)(in0 + a_from0 + (item % 4)*4);
  const float4 b2 = *(__global const float4*)(in1 + b_from0 + (item / 16)*512);
  const float4 b3 = *(__global const float4*)(in1 + b_from1 + (item / 16)*512 + 4096);
  a_tile[(item % 4)*144 + (item / 4)] = a1.s0;
  a_tile[(item % 4)*144 + (item / 4) + 36] = a1.s1;
  a_tile[(item % 4)*144 + (item / 4) + 72] = a1.s2;
  a_tile[(item % 4)*144 + (item / 4) + 108] = a1.s3;
  *(__local float4*)(b_tile + item*4) = b2;
  *(__local float4*)(b_tile + item*4 + 512) = b3;
  barrier(CLK_LOCAL_MEM_FENCE);
  #pragma clang loop vectorize(disable)
  for (int k0 = 16; k0 < 400; k0 += 16) {
    const int turn = (((k0 / 16) + 1) % 2);
    const float4 a4 = (k0 + (item % 4)*4 < 392) ? *(__global const float4*)(in0 + a_from0 + k0 + (item % 4)*4) : (float4)(0.0f);
    const float4 b5 = *(__global const float4*)(in1 + b_from0 + k0*512 + (item / 16)*512);
    const float4 b6 = (k0 + (item / 16) + 8 < 392) ? *(__global const float4*)(in1 + b_from1 + k0*512 + (item / 16)*512 + 4096) : (float4)(0.0f);
    #pragma unroll
    for (int kk = 0; kk < 16; kk++) {
      const float4 b_0 = *(__local const float4*)(b_tile + turn*1024 + kk*64 + x*4);
      const float4 a_0 = *(__local const float4*)(a_tile + turn*576 + kk*36 + y*4);
      const float4 row_0 = (float4)(a_0.s0);
      c0_0 = fma(row_0, b_0, c0_0);
      const float4 row_1 = (float4)(a_0.s1);
      c1_0 = fma(row_1, b_0, c1_0);
      const float4 row_2 = (float4)(a_0.s2);
      c2_0 = fma(row_2, b_0, c2_0);
      const float4 row_3 = (float4)(a_0.s3);
      c3_0 = fma(row_3, b_0, c3_0);
    }
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 576] = a4.s0;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 612] = a4.s1;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 648] = a4.s2;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 684] = a4.s3;
    *(__local float4*)(b_tile + -turn*1024 + item*4 + 1024) = b5;
    *(__local float4*)(b_tile + -turn*1024 + item*4 + 1536) = b6;
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  #pragma unroll
  for (int kk = 0; kk < 16; kk++) {
    const float4 b_0 = *(__local const float4*)(b_tile + kk*64 + x*4);
    const float4 a_0 = *(__local const float4*)(a_tile + kk*36 + y*4);
    const float4 row_0 = (float4)(a_0.s0);
    c0_0 = fma(row_0, b_0, c0_0);
    const float4 row_1 = (float4)(a_0.s1);
    c1_0 = fma(row_1, b_0, c1_0);
    const float4 row_2 = (float4)(a_0.s2);
    c2_0 = fma(row_2, b_0, c2_0);
    const float4 row_3 = (float4)(a_0.s3);
    c3_0 = fma(row_3, b_0, c3_0);
  }
  {
    const int i = row0 + y*4;
    const int j = column0 + x*4;
    *(__global float4*)(out0 + j + i*512 + z*32768) = c0_0;
  }
  {
    const int i = row0 + y*4 + 1;
    const int j = column0 + x*4;
    *(__global float4*)(out0 + j + i*512 + z*32768) = c1_0;
  }
  {
    const int i = row0 + y*4 + 2;
    const int j = column0 + x*4;
    *(__global float4*)(out0 + j + i*512 + z*32768) = c2_0;
  }
  {
    const int i = row0 + y*4 + 3;
    const int j = column0 + x*4;
    *(__global float4*)(out0 + j + i*512 + z*32768) = c3_0;
  }
}

__kernel __attribute__((reqd_work_group_size(256, 1, 1)))
void sum_add_lt_where_2x64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  const int item = get_global_id(0);
  const int g0 = (item % 128);
  const int g1 = (item / 128);
  const int row = g1;
  const int i0 = row;
  const float c5 = 0.0f;
  const float4 v6 = (float4)(c5);
  for (int i1 = g0*4; i1 < g0*4 + 4; i1 += 4) {
    float4 acc1 = (float4)(0.0f);
    for (int r0 = 0; r0 < 2; r0++) {
      const float4 x2 = *(__global const float4*)(in0 + i1 + i0*512 + r0*32768);
      acc1 = acc1 + x2;
    }
    const float4 x3 = *(__global const float4*)(in1 + i1);
    const float4 add_4 = acc1 + x3;
    const int4 lt_7 = add_4 < v6;
    const float4 where_8 = (lt_7 ? v6 : add_4);
    *(__global float4*)(out0 + i1 + i0*512) = where_8;
  }
}
