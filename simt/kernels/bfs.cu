// Distances from node 0 of a graph in CSR form, all levels in one block: `distance` is 0 there and -1 elsewhere at first.
__global__ void bfs(int nodes, const int *edge_start, const int *edges, int *distance) {
  __shared__ int again;
  int level = 0;
  do {
    __syncthreads();
    again = 0;
    __syncthreads();
    for (int node = threadIdx.x; node < nodes; node += blockDim.x) {
      if (distance[node] != level) continue;
      for (int e = edge_start[node]; e < edge_start[node + 1]; e++) {
        if (atomicCAS(&distance[edges[e]], -1, level + 1) == -1) again = 1;
      }
    }
    level++;
    __syncthreads();
  } while (again);
}
