// An echo server with libcoap: the answer to a confirmable POST goes with its acknowledgement.

#include <coap3/coap.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "bench/peers/libcoap_context.hpp"
#include "bench/peers/load.hpp"

namespace {

void reply(coap_resource_t*, coap_session_t*, const coap_pdu_t* request, const coap_string_t*,
           coap_pdu_t* response) {
  std::size_t size = 0;
  const std::uint8_t* body = nullptr;
  coap_get_data(request, &size, &body);
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CHANGED);
  coap_add_data(response, size, body);
}

}  // namespace

int main() {
  coap_startup();
  coap_context_t* const context = coap_new_context(nullptr);
  const coap_address_t address = bench::coap_loopback(0);
  bench::check_coap(coap_new_endpoint(context, &address, COAP_PROTO_UDP) != nullptr, "listening");
  coap_resource_t* const resource = coap_resource_init(coap_make_str_const("echo"), 0);
  coap_register_handler(resource, COAP_REQUEST_POST, reply);
  coap_add_resource(context, resource);

  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  const int fd = bench::coap_socket();
  bench::check_coap(getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) == 0, "its port");
  bench::announce(ntohs(bound.sin_port));
  while (coap_io_process(context, COAP_IO_WAIT) >= 0) {
  }
}
