__kernel __attribute__((reqd_work_group_size(128, 1, 1)))
void contract_add_40x48_f16(__global half* restrict out0, __global const half* restrict in0, __global const half* restrict in1, __global const half* restrict in2) {
  __local ushort a_tile[2560] __attribute__((aligned(64)));
  __local ushort b_tile[2560] __attribute__((aligned(64)));
  __private float results[8] __attribute__((aligned(64)));
  const int group = get_group_id(0);
  const int item = get_local_id(0);
  const int z = 0;
  const int lane = (item % 32);
  const int x = (((item / 32)) % 2)*16;
  const int y = (item / 64)*16;
  const int row0 = (group / 2)*32;
  const int column0 = (group % 2)*32;
  const int a_at0 = min((int)(row0 + (item / 4)), (int)39);
  const int a_from0 = a_at0*72;
  const int b_at0 = min((int)(column0 + (item % 4)*8), (int)40);
  const int b_from0 = b_at0;
  float c0_0_0 = 0.0f;
  float c0_0_1 = 0.0f;
  float c0_0_2 = 0.0f;
  float c0_0_3 = 0.0f;
  float c0_1_0 = 0.0f;
  float c0_1_1 = 0.0f;
  float c0_1_2 = 0.0f;
  float c0_1_3 = 0.0f;
  const int a_lane = y*40 + (lane % 16)*40 + (lane / 16)*8;
  const int b_lane = (lane % 16)*40 + x + (lane / 16)*8;
  const ushort8 a1 = *(__global const ushort8*)(((__global const ushort*)in0) + a_from0 + (item % 4)*8);
  const ushort8 b2 = *(__global const ushort8*)(((__global const ushort*)in1) + b_from0 + (item / 4)*48);
  *(__local ushort8*)(a_tile + (item / 4)*40 + (item % 4)*8) = a1;
  *(__local ushort8*)(b_tile + (item / 4)*40 + (item % 4)*8) = b2;
  barrier(CLK_LOCAL_MEM_FENCE);
  #pragma clang loop vectorize(disable)
  for (int k0 = 32; k0 < 96; k0 += 32) {
    const int turn = (((k0 / 32) + 1) % 2);
    const ushort8 a3 = (k0 + (item % 4)*8 < 72) ? *(__global const ushort8*)(((__global const ushort*)in0) + a_from0 + k0 + (item % 4)*8) : (ushort8)((ushort)(0));
    const ushort8 b4 = (k0 + (item / 4) < 72) ? *(__global const ushort8*)(((__global const ushort*)in1) + b_from0 + k0*48 + (item / 4)*48) : (ushort8)((ushort)(0));
    #pragma unroll
    for (int kk = 0; kk < 32; kk += 16) {
      uint a0_0, a0_1, a0_2, a0_3;
      lg_fragments(a0_0, a0_1, a0_2, a0_3, a_tile + turn*1280 + a_lane + kk);
      uint b0_0, b0_1, b0_2, b0_3;
      lg_fragments_turned(b0_0, b0_1, b0_2, b0_3, b_tile + turn*1280 + b_lane + kk*40);
      lg_mma_float16(c0_0_0, c0_0_1, c0_0_2, c0_0_3, a0_0, a0_1, a0_2, a0_3, b0_0, b0_1);
      lg_mma_float16(c0_1_0, c0_1_1, c0_1_2, c0_1_3, a0_0, a0_1, a0_2, a0_3, b0_2, b0_3);
    }
    *(__local ushort8*)(a_tile + -turn*1280 + (item / 4)*40 + (item % 4)*8 + 1280) = a3;
    *(__local ushort8*)(b_tile + -turn*1280 + (item / 4)*40 + (item % 4)*8 + 1280) = b4;
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  #pragma unroll
  for (int kk = 0; kk < 32; kk += 16) {
    uint a0_0, a0_1, a0_2, a0_3;
    lg_fragments(a0_0, a0_1, a0_2, a0_3, a_tile + a_lane + kk);
    uint b0_0, b0_1, b0_2, b0_3;
    lg_fragments_turned(b0_0, b0_1, b0_2, b0_3, b_tile + b_lane + kk*40);
    lg_mma_float16(c0_0_0, c0_0_1, c0_0_2, c0_0_3, a0_0, a0_1, a0_2, a0_3, b0_0, b0_1);
    lg_mma_float16(c0_1_0, c0_1_1, c0_1_2, c0_1_3, a0_0, a0_1, a0_2, a0_3, b0_2, b0_3);
  }
  results[0] = c0_0_0;
  results[1] = c0_0_1;
  results[2] = c0_0_2;
  results[3] = c0_0_3;
  results[4] = c0_1_0;
  results[5] = c0_1_1;
  results[6] = c0_1_2;
  results[7] = c0_1_3;
  #pragma unroll
  for (int m = 0; m < 1; m++) {
    #pragma unroll
    for (int n = 0; n < 2; n++) {
      #pragma unroll
      for (int h = 0; h < 2; h++) {
        #pragma unroll
        for (int q = 0; q < 1; q++) {
          if ((row0 + y + h*8 + (lane / 4) < 40) & (column0 + x + n*8 + (lane % 4)*2 < 48)) {
            const float2 c5 = *(__private const float2*)(results + n*4 + h*2);
            const int i = row0 + y + h*8 + (lane / 4);
            const int j = column0 + x + n*8 + (lane % 4)*2;
            const float2 x6 = lg_loadaligned_float16_2(in2 + j);
            const float2 add_7 = c5 + x6;
            lg_storealigned_float16_2(add_7, out0 + j + i*48);
          }
        }
      }
    }
  }
}
