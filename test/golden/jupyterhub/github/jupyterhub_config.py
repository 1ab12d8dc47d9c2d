# Written by `gatehouse render`. Change the Gatehouse configuration and render again; REGISTER.md says how to install it.
import os

c.JupyterHub.authenticator_class = "github"
c.GitHubOAuthenticator.github_url = "https://github.com"
c.GitHubOAuthenticator.client_id = "jupyterhub"
c.GitHubOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GitHubOAuthenticator.oauth_callback_url = "https://jupyter.example.com/hub/oauth_callback"

# This file lets nobody in, because everybody in the world can sign in there: name people in jupyterhub.allowedUsers.
