/* An engine whose keys do not sign, as one that asks for a password nobody gives. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define USER_INTERACTION 113

static int library;
static RSA_METHOD *method;

static ERR_STRING_DATA names[] = {{0, "refusing-engine"}, {0, NULL}};
static ERR_STRING_DATA reasons[] = {{ERR_PACK(0, 0, USER_INTERACTION), "User interaction error"}, {0, NULL}};

static int refuse(int length, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    ERR_put_error(library, 0, USER_INTERACTION, __FILE__, __LINE__);
    return -1;
}

static EVP_PKEY *load(ENGINE *engine, const char *path, UI_METHOD *ui, void *data)
{
    EVP_PKEY *key = NULL, *ours = NULL;
    RSA *rsa = NULL;
    FILE *file = fopen(path, "r");

    if (file != NULL) {
        key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
    }
    if (key != NULL) {
        rsa = EVP_PKEY_get1_RSA(key);
        EVP_PKEY_free(key);
    }
    if (rsa != NULL && RSA_set_method(rsa, method)) {
        ours = EVP_PKEY_new();
        EVP_PKEY_assign_RSA(ours, rsa);
    }
    return ours;
}

static int bind(ENGINE *engine, const char *id)
{
    library = ERR_get_next_error_library();
    names[0].error = ERR_PACK(library, 0, 0);
    ERR_load_strings(library, names);
    ERR_load_strings(library, reasons);
    method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
    return method != NULL && RSA_meth_set1_name(method, "refusing")
        && RSA_meth_set_priv_enc(method, refuse) && ENGINE_set_id(engine, "refusing")
        && ENGINE_set_name(engine, "refusing") && ENGINE_set_RSA(engine, method)
        && ENGINE_set_load_privkey_function(engine, load);
}

IMPLEMENT_DYNAMIC_BIND_FN(bind)
IMPLEMENT_DYNAMIC_CHECK_FN()
