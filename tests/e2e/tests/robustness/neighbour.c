/* Another module of the same nginx that uses OpenSSL in a thread of its own: shakes hands with two
 * upstreams, one that agrees and one that refuses, and writes down what it saw. */
#include <ngx_config.h>
#include <ngx_core.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#define ROUNDS 300

static SSL_CTX *old_context;    /* made while the configuration is read */
static ngx_int_t good_port, bad_port;
static char result_file[256];
static unsigned long messages;

static void watch(int write_p, int version, int content_type, const void *buf, size_t len, SSL *ssl, void *arg)
{
    messages++;
}

static int shake(SSL_CTX *context, ngx_int_t port, unsigned long *reason)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int done = -1;
    ERR_clear_error();
    SSL *ssl = SSL_new(context);
    if (connect(fd, (struct sockaddr *) &address, sizeof(address)) == 0) {
        SSL_set_fd(ssl, fd);
        done = SSL_connect(ssl);
        *reason = ERR_GET_REASON(ERR_peek_error());
    }
    SSL_free(ssl);
    close(fd);
    return done;
}

static void *run(void *arg)
{
    unsigned long agreed = 0, refused = 0, reason;
    for (int round = 0; round < ROUNDS; round++) {
        SSL_CTX *context = old_context;
        if (round % 2) {
            context = SSL_CTX_new(TLS_client_method());
            SSL_CTX_set_msg_callback(context, watch);
        }
        unsigned long before = messages;
        agreed += shake(context, good_port, &reason) == 1 && reason == 0 && messages > before;
        before = messages;
        refused += shake(context, bad_port, &reason) <= 0
            && reason == SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE && messages > before;
        if (context != old_context) {
            SSL_CTX_free(context);
        }
    }
    FILE *file = fopen(result_file, "w");
    if (file != NULL) {
        fprintf(file, "agreed %lu refused %lu of %d\n", agreed, refused, ROUNDS);
        fclose(file);
    }
    return NULL;
}

static ngx_int_t init_process(ngx_cycle_t *cycle)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, run, NULL) == 0 && pthread_detach(thread) == 0
        ? NGX_OK : NGX_ERROR;
}

static char *neighbour(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    ngx_str_t *words = cf->args->elts;
    good_port = ngx_atoi(words[1].data, words[1].len);
    bad_port = ngx_atoi(words[2].data, words[2].len);
    snprintf(result_file, sizeof(result_file), "%s", (char *) words[3].data);
    old_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_msg_callback(old_context, watch);
    return NGX_CONF_OK;
}

static ngx_command_t commands[] = {
    { ngx_string("neighbour"), NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE3, neighbour, 0, 0, NULL },
    ngx_null_command
};

static ngx_core_module_t context = { ngx_string("neighbour"), NULL, NULL };

ngx_module_t ngx_neighbour_module = {
    NGX_MODULE_V1, &context, commands, NGX_CORE_MODULE,
    NULL, NULL, init_process, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t *ngx_modules[] = { &ngx_neighbour_module, NULL };
char *ngx_module_names[] = { "ngx_neighbour_module", NULL };
char *ngx_module_order[] = { NULL };
