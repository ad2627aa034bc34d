#include "os/steering.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "os/system_error.hpp"

namespace volley::os {

Result<void> steer_group(const UdpSocket& member, unsigned members) {
  // The program sees the UDP payload. One shorter than six bytes ends it with 0, the first member.
  std::array<sock_filter, 3> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, members),
      BPF_STMT(BPF_RET | BPF_A, 0),
  }};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (::setsockopt(member.native_handle(), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &filter,
                   sizeof filter) == 0)
    return {};
  return std::unexpected(system_error(errno, "cannot steer datagrams to the server's workers"));
}

}  // namespace volley::os
